-- Facts: a row a ride, ready to be sliced by zone, borough, hour and payment.
{{ config(materialized='table') }}

select
  rides.ride_id,
  rides.vendor_id,
  rides.pickup_at,
  rides.pickup_date,
  rides.pickup_hour,
  rides.is_rush_hour,
  rides.pickup_zone_id,
  pickup.borough as pickup_borough,
  rides.dropoff_zone_id,
  dropoff.borough as dropoff_borough,
  rides.payment,
  rides.trip_distance,
  rides.minutes,
  cast(rides.trip_distance as double precision) * 60 / rides.minutes as miles_per_hour,
  rides.fare_amount,
  rides.tip_amount,
  rides.fees_amount,
  rides.total_amount
from {{ ref('silver_rides') }} as rides
left join {{ ref('silver_zones') }} as pickup on pickup.zone_id = rides.pickup_zone_id
left join {{ ref('silver_zones') }} as dropoff on dropoff.zone_id = rides.dropoff_zone_id
