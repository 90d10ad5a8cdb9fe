-- What happened in each hour.
{{ config(materialized='table') }}

select
  date_trunc('hour', pickup_at) as pickup_hour_at,
  pickup_date,
  pickup_hour,
  is_rush_hour,
  count(*) as rides,
  count(*) filter (where payment = 'card') as card_rides,
  sum(total_amount) as revenue,
  sum(tip_amount) as tips,
  avg(cast(fare_amount as double precision)) as fare_avg,
  avg(minutes) as minutes_avg,
  avg(miles_per_hour) as miles_per_hour_avg
from {{ ref('fct_rides') }}
group by date_trunc('hour', pickup_at), pickup_date, pickup_hour, is_rush_hour
