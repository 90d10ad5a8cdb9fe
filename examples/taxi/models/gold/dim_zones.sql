-- Zones, ranked by the rides that begin in them.
{{ config(materialized='table') }}

with pickups as (
  select pickup_zone_id as zone_id, count(*) as pickups, sum(total_amount) as revenue
  from {{ ref('silver_rides') }}
  group by pickup_zone_id
),

dropoffs as (
  select dropoff_zone_id as zone_id, count(*) as dropoffs
  from {{ ref('silver_rides') }}
  group by dropoff_zone_id
)

select
  zones.zone_id,
  zones.zone,
  zones.borough,
  coalesce(pickups.pickups, 0) as pickups,
  coalesce(dropoffs.dropoffs, 0) as dropoffs,
  coalesce(pickups.revenue, 0) as revenue,
  rank() over (order by coalesce(pickups.pickups, 0) desc, zones.zone_id) as pickup_rank,
  rank() over (partition by zones.borough order by coalesce(pickups.pickups, 0) desc, zones.zone_id) as borough_rank
from {{ ref('silver_zones') }} as zones
left join pickups on pickups.zone_id = zones.zone_id
left join dropoffs on dropoffs.zone_id = zones.zone_id
