-- A row a scheduled departure, with its carrier's name and whether it was late or cancelled.
{{ config(materialized='table') }}

select
  make_date(flights.year, flights.month, flights.day) as flight_date,
  flights.origin,
  flights.dest,
  flights.carrier,
  airlines.name as carrier_name,
  flights.flight,
  flights.tailnum,
  flights.sched_dep_time,
  flights.dep_delay,
  flights.arr_delay,
  flights.distance,
  flights.dep_time is null as is_cancelled,
  coalesce(flights.dep_delay > {{ var('late_minutes') }}, false) as is_late
from {{ source('stream', 'flights') }} as flights
left join {{ source('stream', 'airlines') }} as airlines on airlines.carrier = flights.carrier
