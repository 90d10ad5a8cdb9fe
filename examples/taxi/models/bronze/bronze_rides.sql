-- Every ride that decoded, as it was sent. What did not decode is in rides__dlq.
{{ config(materialized='view') }}

select
  ride_id, vendor_id, pickup_at, dropoff_at, passenger_count, trip_distance, rate_code_id,
  pickup_zone_id, dropoff_zone_id, payment_type,
  fare_amount, extra, mta_tax, tip_amount, tolls_amount, congestion_surcharge, airport_fee, total_amount
from {{ source('stream', 'rides') }}
