"""What tests and benchmarks share: corpora, drawn scenarios and tables, studies, what theory says."""
