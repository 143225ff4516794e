//! Layers of values: files, the --set grammar, merge, coalescing with subcharts, origins, JSON schema.
