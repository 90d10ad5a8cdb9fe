-- Both summaries are made of the same departures.
select carriers.departures, airports.departures
from (select sum(departures) as departures, sum(cancelled) as cancelled, sum(late) as late from {{ ref('carrier_delays') }}) as carriers
cross join (select sum(departures) as departures, sum(cancelled) as cancelled, sum(late) as late from {{ ref('airport_days') }}) as airports
where carriers.departures <> airports.departures
   or carriers.cancelled <> airports.cancelled
   or carriers.late <> airports.late
