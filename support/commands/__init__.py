"""The operators' commands, by what they act on."""
