"""Studies: plan, validation, replication policies, and the processes that simulate."""
