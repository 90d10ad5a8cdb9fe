"""Taxi rides by a seeded generator: the 18 fields that landing is measured on, about 440 bytes of JSON each."""
import random

# Type names of topics/*.yaml -> DuckDB's.
DUCKDB = {"string": "VARCHAR", "timestamptz": "TIMESTAMPTZ", "int": "INTEGER", "double": "DOUBLE"}
COLUMNS = {
    "trip_id": "string", "vendor_id": "string", "tpep_pickup_datetime": "timestamptz", "tpep_dropoff_datetime": "timestamptz",
    "passenger_count": "int", "trip_distance": "double", "rate_code_id": "int", "store_and_fwd_flag": "string", "pickup_location_id": "int",
    "dropoff_location_id": "int", "payment_type": "int", "fare_amount": "double", "extra": "double", "mta_tax": "double", "tip_amount": "double",
    "tolls_amount": "double", "improvement_surcharge": "double", "total_amount": "double",
}
YAML = "columns:\n" + "".join(f"  {name}: {kind}\n" for name, kind in COLUMNS.items())


def instant(minute):
    return f"2026-01-{1 + minute // 1440 % 28:02}T{minute // 60 % 24:02}:{minute % 60:02}:{minute % 59:02}.000Z"


def ride(number, chance):
    minute, minutes = chance.randrange(40_000), 3 + int(chance.expovariate(0.07))
    distance = round(chance.expovariate(0.3), 2)
    fare, tip, extra = round(3 + distance * 2.5, 2), round(chance.choice((0, 0, distance * 0.6)), 2), chance.choice((0, 0.5, 1))
    flag = chance.choice(('"N"', '"N"', '"Y"', "null"))
    return (f'{{"trip_id":"trip-{number:012}-{chance.getrandbits(64):016x}","vendor_id":"{chance.choice((1, 2))}","tpep_pickup_datetime":"{instant(minute)}",'
            f'"tpep_dropoff_datetime":"{instant(minute + minutes)}","passenger_count":{chance.choice((1, 1, 1, 2, 3))},"trip_distance":{distance},'
            f'"rate_code_id":{chance.choice((1, 1, 1, 2, 5))},"store_and_fwd_flag":{flag},"pickup_location_id":{chance.randrange(1, 266)},'
            f'"dropoff_location_id":{chance.randrange(1, 266)},"payment_type":{chance.choice((1, 2))},"fare_amount":{fare},"extra":{extra},"mta_tax":0.5,'
            f'"tip_amount":{tip},"tolls_amount":{chance.choice((0, 0, 6.12))},"improvement_surcharge":1.0,"total_amount":{round(fare + tip + extra + 1.5, 2)}}}')


def write(path, count, seed=2026):
    """`count` lines to `path`; the bytes."""
    chance = random.Random(seed)
    with open(path, "w") as file:
        for start in range(0, count, 10_000):
            file.write("".join(ride(number, chance) + "\n" for number in range(start, min(count, start + 10_000))))
        return file.tell()
