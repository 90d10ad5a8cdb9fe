-- Sound rides, with what every question starts from: fare per mile, tip share, rush hour.
{{ config(materialized='table') }}

select
  ride_id,
  vendor_id,
  pickup_at,
  dropoff_at,
  cast(pickup_at as date) as pickup_date,
  cast(extract(hour from pickup_at) as integer) as pickup_hour,
  extract(isodow from pickup_at) <= 5
    and extract(hour from pickup_at) in ({{ var('rush_hours') | join(', ') }}) as is_rush_hour,
  pickup_zone_id,
  dropoff_zone_id,
  passenger_count,
  case payment_type
    {%- for name in var('payment_types') %}
    when {{ loop.index }} then '{{ name }}'
    {%- endfor %}
    else 'unknown'
  end as payment,
  trip_distance,
  cast(extract(epoch from dropoff_at - pickup_at) as double precision) / 60 as minutes,
  fare_amount,
  tip_amount,
  extra + mta_tax + tolls_amount + congestion_surcharge + airport_fee as fees_amount,
  total_amount,
  cast(fare_amount as double precision) / cast(trip_distance as double precision) as fare_per_mile,
  cast(tip_amount as double precision) / nullif(cast(fare_amount as double precision), 0) as tip_share
from {{ ref('checked_rides') }}
where problem is null
