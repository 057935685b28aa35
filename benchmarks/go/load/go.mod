module drakkar.dev/benchmarks/load

go 1.26.0
