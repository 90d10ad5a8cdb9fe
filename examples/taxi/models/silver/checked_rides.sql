-- Each ride with what is wrong with it, null for a sound one.
{{ config(materialized='view') }}

with numbered as (
  select *, row_number() over (partition by ride_id order by pickup_at, dropoff_at, total_amount) as copy
  from {{ ref('bronze_rides') }}
)

select
  *,
  case
    {% if var('held_vendors') -%}
    when vendor_id in ({{ var('held_vendors') | join(', ') }}) then 'vendor held back'
    {% endif -%}
    when copy > 1 then 'sent twice'
    when dropoff_at <= pickup_at then 'clock went back'
    when total_amount < 0 then 'refund'
    when trip_distance = 0 then 'no distance'
  end as problem
from numbered
