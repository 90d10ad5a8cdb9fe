-- How riders pay, and what they tip.
{{ config(materialized='table') }}

select
  payment,
  count(*) as rides,
  cast(count(*) as double precision) / sum(count(*)) over () as rides_share,
  sum(total_amount) as revenue,
  avg(cast(total_amount as double precision)) as total_avg,
  avg(tip_share) as tip_share_avg,
  count(*) filter (where tip_amount > 0) as tipped_rides
from {{ ref('silver_rides') }}
group by payment
