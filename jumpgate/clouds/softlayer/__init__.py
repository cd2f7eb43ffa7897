"""SoftLayer, today's IBM Cloud Classic: what the drivers of the five services share."""
