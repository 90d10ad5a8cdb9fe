-- Facts, hours, zones and payments are made apart and must tell of the same rides and the same money.
with counted as (
  select 'fct_rides' as made_by, count(*) as rides, sum(total_amount) as revenue from {{ ref('fct_rides') }}
  union all
  select 'hourly_summary', sum(rides), sum(revenue) from {{ ref('hourly_summary') }}
  union all
  select 'dim_zones', sum(pickups), sum(revenue) from {{ ref('dim_zones') }}
  union all
  select 'payment_analysis', sum(rides), sum(revenue) from {{ ref('payment_analysis') }}
)

select *
from counted
where rides <> (select count(*) from {{ ref('silver_rides') }})
   or revenue <> (select sum(total_amount) from {{ ref('silver_rides') }})
