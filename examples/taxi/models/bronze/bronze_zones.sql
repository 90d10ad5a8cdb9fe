-- Every zone that was sent, as often as it was.
{{ config(materialized='view') }}

select zone_id, zone, borough
from {{ source('stream', 'zones') }}
