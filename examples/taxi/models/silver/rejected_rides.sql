-- What silver_rides leaves out, and why.
{{ config(materialized='table') }}

select problem, ride_id, vendor_id, pickup_at, dropoff_at, trip_distance, total_amount
from {{ ref('checked_rides') }}
where problem is not null
