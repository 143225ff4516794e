//! Rendered text to a manifest: splitting, hooks, install order, objects.
