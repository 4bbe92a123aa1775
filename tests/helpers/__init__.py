"""What several tiers of tests use: one fake of each kind, a client for applications, one event loop for gRPC."""
