"""What only the tests, the benchmarks and maintainers use."""
