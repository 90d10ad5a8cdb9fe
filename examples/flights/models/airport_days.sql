-- Each airport's days: departures beside the weather.
{{ config(materialized='table') }}

with weather as (
  select
    origin,
    make_date(year, month, day) as flight_date,
    avg(temp) as temp_avg,
    max(wind_gust) as wind_gust_max,
    sum(precip) as precip,
    min(visib) as visib_min
  from {{ source('stream', 'weather') }}
  group by origin, make_date(year, month, day)
),

days as (
  select
    origin,
    flight_date,
    count(*) as departures,
    count(*) filter (where is_cancelled) as cancelled,
    count(*) filter (where is_late) as late
  from {{ ref('departures') }}
  group by origin, flight_date
)

select days.*, weather.temp_avg, weather.wind_gust_max, weather.precip, weather.visib_min
from days
left join weather on weather.origin = days.origin and weather.flight_date = days.flight_date
