select ride_id, total_amount, fare_amount + tip_amount + fees_amount as parts
from {{ ref('silver_rides') }}
where total_amount <> fare_amount + tip_amount + fees_amount
