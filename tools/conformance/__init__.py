"""Running OpenStack's own Tempest tests against an embedded cloud, and reporting what they found."""
