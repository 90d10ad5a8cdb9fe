-- Zones are sent whole, again and again: each once.
{{ config(materialized='table') }}

select distinct zone_id, zone, borough
from {{ ref('bronze_zones') }}
