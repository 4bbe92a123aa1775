"""The operators' commands, a module for each thing that they act on."""
