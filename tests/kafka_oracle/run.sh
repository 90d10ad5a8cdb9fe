#!/bin/bash
# run.sh ORACLE [SEEDS]: compares Tarn's message codecs with Apache Kafka's own Java classes, byte for byte, both ways,
# with SEEDS (default 50) random messages for every served message and version. ORACLE is the built kafka_oracle.
# Ends with "N passed, M failed"; exit 1 if any failed.
set -euo pipefail
oracle=$1
seeds=${2:-50}
here=$(cd "$(dirname "$0")" && pwd)
version=4.3.1
cache=${XDG_CACHE_HOME:-$HOME/.cache}/tarn/kafka-clients-$version
jar=$cache/kafka-clients-$version.jar
slf4j=$cache/slf4j-api-1.7.36.jar

fetch() {  # fetch GROUP:ARTIFACT:VERSION FILE
  [ -s "$2" ] || mvn -q -B dependency:copy -Dartifact="$1" -DoutputDirectory="$cache" -Dmdep.useBaseVersion=true
}
mkdir -p "$cache"
fetch org.apache.kafka:kafka-clients:$version "$jar"
fetch org.slf4j:slf4j-api:1.7.36 "$slf4j"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
javac -d "$work" -cp "$jar" "$here/Oracle.java"
java_oracle() { java -Xshare:auto -cp "$work:$jar:$slf4j" Oracle "$@"; }

"$oracle" list >"$work/list"
java_oracle random "$seeds" <"$work/list" >"$work/from_java"
"$oracle" random "$seeds" >"$work/from_tarn"
"$oracle" reencode <"$work/from_java" >"$work/there" || true
java_oracle reencode <"$work/from_tarn" >"$work/back" || true

head -n -1 "$work/there" | head -20
head -n -1 "$work/back" | head -20
echo "$(wc -l <"$work/list") messages and versions; Kafka's bytes through Tarn: $(tail -1 "$work/there")," \
  "Tarn's bytes through Kafka: $(tail -1 "$work/back")"
count() { cat "$work/there" "$work/back" | grep -Eo "[0-9]+ $1" | awk '{n += $1} END {print n + 0}'; }
echo "$(count passed) passed, $(count failed) failed"
[ "$(count failed)" = 0 ] && [ "$(count passed)" = $((2 * seeds * $(wc -l <"$work/list"))) ]
