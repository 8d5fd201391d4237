"""Prints the counting stations for bicycles, the busiest first."""

import csv

with open("data/stations.csv", encoding="utf-8") as file:
    stations = sorted(csv.DictReader(file), key=lambda row: -int(row["per_day"]))

for station in stations:
    print(f"{station['name']:<20}{station['per_day']:>6}")
