"""The same rounds of active learning in other libraries, beside ours: run `make peers`."""
