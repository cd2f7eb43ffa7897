"""The SoftLayer drivers against the fake, over HTTP, and against the SDK's recorded answers."""
