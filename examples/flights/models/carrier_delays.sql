-- Carriers, the most punctual first.
{{ config(materialized='table') }}

with carriers as (
  select
    carrier,
    carrier_name,
    count(*) as departures,
    count(*) filter (where is_cancelled) as cancelled,
    count(*) filter (where is_late) as late,
    avg(cast(dep_delay as double precision)) as dep_delay_avg
  from {{ ref('departures') }}
  group by carrier, carrier_name
)

select
  *,
  cast(late as double precision) / departures as late_share,
  rank() over (order by cast(late as double precision) / departures, carrier) as punctuality_rank
from carriers
