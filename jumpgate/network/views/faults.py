"""What can go wrong, in Neutron's words: the ``type`` of a fault, its status and its message.

Sources: ``neutron_lib.exceptions`` and the exceptions of Neutron's extensions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jumpgate.common.errors import (
    BadRequest,
    CloudUnreachable,
    Conflict,
    Forbidden,
    JumpgateError,
    NoFreeAddress,
    NotFound,
)

_NOT_FOUND: Mapping[str, str] = {
    "NetworkNotFound": "Network {0} could not be found.",
    "SubnetNotFound": "Subnet {0} could not be found.",
    "PortNotFound": "Port {0} could not be found.",
    "SecurityGroupNotFound": "Security group {0} does not exist",
    "SecurityGroupRuleNotFound": "Security group rule {0} does not exist",
    "AddressGroupNotFound": "Address group {0} could not be found.",
    "RouterNotFound": "Router {0} could not be found",
    "FloatingIPNotFound": "Floating IP {0} could not be found",
    "RouterInterfaceNotFound": "Router {0} does not have an interface with id {1}",
    "RouterInterfaceNotFoundForSubnet": "Router {0} has no interface on subnet {1}",
    "ExternalGatewayForFloatingIPNotFound": (
        "External network {2} is not reachable from subnet {0}.  Therefore, cannot associate Port {1} with a Floating "
        "IP."
    ),
    "TagResourceNotFound": "Resource {0} {1} could not be found.",
    "TagNotFound": "Tag {0} could not be found.",
    "TenantQuotaNotFound": "Quota for project {0} could not be found.",
    "AvailabilityZoneNotFound": "AvailabilityZone {0} could not be found.",
    "SubnetPoolNotFound": "Subnet pool {0} could not be found.",
    "TrunkNotFound": "Trunk {0} could not be found.",
    "SubPortNotFound": "SubPort {0} on trunk {1} could not be found.",
    "AddressScopeNotFound": "Address scope {0} could not be found.",
    "AgentNotFound": "Agent {0} could not be found.",
    "InvalidDHCPAgent": "Agent {0} is not a valid DHCP Agent or has been disabled.",
    "InvalidL3Agent": "Agent {0} is not a L3 Agent or has been disabled",
    "MeteringLabelNotFound": "Metering label '{0}' does not exist.",
    "MeteringLabelRuleNotFound": "Metering label rule '{0}' does not exist.",
    "HTTPNotFound": "{0}",
}

_CONFLICTS: Mapping[str, str] = {
    "ParentPortInUse": "Port {0} is currently in use and is not eligible for use as a parent port.",
    "TrunkPortInUse": "Port {0} is in use by another trunk.",
    "PortInUseAsTrunkParent": "Port {0} is currently a parent port for trunk {1}.",
    "PortInUseAsSubPort": "Port {0} is currently a subport for trunk {1}.",
    "DuplicateSubPort": "segmentation_type {0} and segmentation_id {1} already in use on trunk {2}.",
    "TrunkDisabled": "Trunk {0} is currently disabled.",
    "SubPortMtuGreaterThanTrunkPortMtu": "MTU {0} of subport {1} cannot be greater than MTU {2} of trunk {3}.",
    "AddressScopeInUse": (
        "Unable to complete operation on address scope {0}. There are one or more subnet pools in use on the address "
        "scope."
    ),
    "AddressScopePrefixConflict": (
        "Failed to associate address scope: subnetpools within an address scope must have unique prefixes."
    ),
    "NetworkHostedByDHCPAgent": "The network {0} has been already hosted by the DHCP Agent {1}.",
    "NetworkNotHostedByDhcpAgent": "The network {0} is not hosted by the DHCP Agent {1}.",
    "MeteringLabelRuleOverlaps": "Metering label rule with remote_ip_prefix '{0}' overlaps another.",
    "AutoAllocationFailure": "Deployment error: {0}.",
    "NetworkInUse": "Unable to complete operation on network {0}. {1}.",
    "SubnetAllocationError": "Failed to allocate subnet: {0}.",
    "SubnetPoolQuotaExceeded": "Per-project subnet pool prefix quota exceeded.",
    "SubnetInUse": (
        "Unable to complete operation on subnet {0}: One or more ports have an IP allocation from this subnet."
    ),
    "PortInUse": ("Unable to complete operation on port {0} for network {1}. Port already has an attached device {2}."),
    "ServicePortInUse": "Port {0} cannot be deleted directly via the port API: {1}.",
    "PortBound": (
        "Unable to complete operation on port {0}, port is already bound, port type: {1}, old_mac {2}, new_mac {3}."
    ),
    "UnsupportedPortDeviceOwner": "Operation {0} is not supported for device_owner {2} on port {1}.",
    "MacAddressInUse": "Unable to complete operation for network {0}. The mac address {1} is in use.",
    "IpAddressAlreadyAllocated": "IP address {0} already allocated in subnet {1}",
    "InvalidSharedSetting": "Unable to reconfigure sharing settings for network {0}. Multiple projects are using it.",
    "NetworkMTUSubnetConflict": "MTU of {0} is not valid, subnet requires a minimum of {1}",
    "ExternalNetworkInUse": (
        "External network {0} cannot be updated to be made non-external, since it has existing gateway ports."
    ),
    "VlanIdInUse": "Unable to create the network. The VLAN {0} on physical network {1} is in use.",
    "TunnelIdInUse": "Unable to create the network. The tunnel ID {0} is in use.",
    "DefaultExternalNetworkExists": "A default external network already exists: {0}.",
    "FlatNetworkInUse": "Unable to create the flat network. Physical network {0} is in use.",
    "OverlappingAllocationPools": "Found overlapping allocation pools: {0} {1} for subnet {2}.",
    "GatewayConflictWithAllocationPools": "Gateway ip {0} conflicts with allocation pool {1}.",
    "GatewayIpInUse": "Current gateway ip {0} already in use by port {1}. Unable to update.",
    "DeviceIDNotOwnedByTenant": (
        "The following device_id {0} is not owned by your project or matches another project router."
    ),
    "PortSecurityPortHasSecurityGroup": (
        "Port has security group associated. Cannot disable port security or IP address until security group is "
        "removed."
    ),
    "AddressPairAndPortSecurityRequired": (
        "Port Security must be enabled in order to have allowed address pairs on a port."
    ),
    "SecurityGroupInUse": "Security Group {0} in use.",
    "SecurityGroupConflict": "Error {0} while attempting the operation.",
    "SecurityGroupCannotRemoveDefault": "Insufficient rights for removing default security group.",
    "SecurityGroupCannotUpdateDefault": "Updating default security group not allowed.",
    "SecurityGroupDefaultAlreadyExists": "Default security group already exists.",
    "SecurityGroupRuleExists": "Security group rule already exists. Rule id is {0}.",
    "DuplicateSecurityGroupRuleInPost": "Duplicate Security Group Rule in POST.",
    "RouterInUse": "Router {0} {1}",
    "RouterInterfaceInUseByFloatingIP": (
        "Router interface for subnet {1} on router {0} cannot be deleted, as it is required by one or more floating "
        "IPs."
    ),
    "RouterInterfaceInUseByRoute": (
        "Router interface for subnet {1} on router {0} cannot be deleted, as it is required by one or more routes."
    ),
    "RouterExternalGatewayInUseByFloatingIp": (
        "Gateway cannot be updated for router {0}, since a gateway to external network {1} is required by one or more "
        "floating IPs."
    ),
    "RouterInterfaceAttachmentConflict": "Error {0} while attempting the operation.",
    "FloatingIPPortAlreadyAssociated": (
        "Cannot associate floating IP {1} ({2}) with port {0} using fixed IP {3}, as that fixed IP already has a "
        "floating IP on external network {4}."
    ),
}

_NO_FREE_ADDRESS: Mapping[str, str] = {
    "IpAddressGenerationFailure": "No more IP addresses available on network {0}.",
    "IpAddressGenerationFailureNoMatchingSubnet": (
        "No valid service subnet for the given device owner, network {0}, service type {1}."
    ),
}

_BAD: Mapping[str, str] = {
    "AddressScopeUpdateError": "Unable to update address scope {0} : {1}.",
    "IllegalSubnetPoolIpVersionAssociationToAddressScope": (
        "Illegal subnetpool association: subnetpool {0} cannot associate with address scope {1} because subnetpool "
        "ip_version is not {2}."
    ),
    "HTTPBadRequest": "{0}",
    "BadRequest": "Bad {0} request: {1}.",
    "QuotaMissingTenant": "Tenant-id was missing from quota request.",
    "InvalidInput": "Invalid input for operation: {0}.",
    "EmptySubnetPoolPrefixList": "Empty subnet pool prefix list.",
    "PrefixVersionMismatch": "Cannot mix IPv4 and IPv6 prefixes in a subnet pool.",
    "IllegalSubnetPoolPrefixBounds": "Illegal prefix bounds: {0}={1}, {2}={3}.",
    "IllegalSubnetPoolPrefixUpdate": "Illegal update to prefixes: {0}.",
    "MinPrefixSubnetAllocationError": (
        "Unable to allocate subnet with prefix length {0}, minimum allowed prefix is {1}."
    ),
    "MaxPrefixSubnetAllocationError": (
        "Unable to allocate subnet with prefix length {0}, maximum allowed prefix is {1}."
    ),
    "SubnetPoolDeleteError": "Unable to delete subnet pool: {0}.",
    "NetworkSubnetPoolAffinityError": "Subnets hosted on the same network must be allocated from the same subnet pool.",
    "InvalidIpForNetwork": "IP address {0} is not a valid IP for any of the subnets on the specified network.",
    "InvalidIpForSubnet": "IP address {0} is not a valid IP for the specified subnet.",
    "AllocationOnAutoAddressSubnet": (
        "IPv6 address {0} cannot be directly assigned to a port on subnet {1} as the subnet is configured for "
        "automatic addresses"
    ),
    "InvalidAllocationPool": "The allocation pool {0} is not valid.",
    "OutOfBoundsAllocationPool": "The allocation pool {0} spans beyond the subnet cidr {1}.",
    "HostRoutesExhausted": "Unable to complete operation for {0}. The number of host routes exceeds the limit {1}.",
    "DNSNameServersExhausted": (
        "Unable to complete operation for {0}. The number of DNS nameservers exceeds the limit {1}."
    ),
    "InvalidSubnetServiceType": "Subnet service type {0} does not correspond to a valid device owner.",
    "InvalidInputSubnetServiceType": "Subnet service type {0} is not a string.",
    "AllowedAddressPairsMissingIP": "AllowedAddressPair must contain ip_address",
    "DuplicateAddressPairInRequest": "Request contains duplicate address pair: mac_address {0} ip_address {1}.",
    "AllowedAddressPairExhausted": "The number of allowed address pair exceeds the maximum {0}.",
    "PortSecurityAndIPRequiredForSecurityGroups": (
        "Port security must be enabled and port must have an IP address in order to use security groups."
    ),
    "SecurityGroupInvalidPortRange": "For TCP/UDP protocols, port_range_min must be <= port_range_max",
    "SecurityGroupInvalidPortValue": "Invalid value for port {0}",
    "SecurityGroupInvalidProtocolForPort": (
        "Ports cannot be specified for protocol {0}. Ports are only supported for {1}."
    ),
    "SecurityGroupInvalidIcmpValue": "Invalid value for ICMP {0} ({1}) {2}. It must be 0 to 255.",
    "SecurityGroupMissingIcmpType": (
        "ICMP code (port-range-max) {0} is provided but ICMP type (port-range-min) is missing."
    ),
    "SecurityGroupEthertypeConflictWithProtocol": "Invalid ethertype {0} for protocol {1}.",
    "SecurityGroupProtocolRequiredWithPorts": "Must also specify protocol if port range is given.",
    "SecurityGroupRuleInvalidProtocol": (
        "Security group rule protocol {0} not supported. Only protocol values {1} and integer representations [0 to "
        "255] are supported."
    ),
    "SecurityGroupRuleInvalidEtherType": (
        "Security group rule for ethertype '{0}' not supported. Allowed values are {1}."
    ),
    "SecurityGroupRuleParameterConflict": "Conflicting value ethertype {0} for CIDR {1}",
    "SecurityGroupMultipleRemoteEntites": (
        "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided."
    ),
    "SecurityGroupNotSingleGroupRules": "Only allowed to update rules for one security profile at a time",
    "SecurityGroupRulesNotSingleProject": "Multiple project_ids in bulk security group rule create not allowed",
    "ExternalIpAddressExhausted": "Unable to find any IP address on external network {0}.",
    "SubnetMismatchForPort": "Subnet on port {0} does not match the requested subnet {1}.",
    "InvalidRoutes": "Invalid format for routes: {0}, {1}",
    "RoutesExhausted": "Unable to complete operation for {0}. The number of routes exceeds the maximum {1}.",
}

_UNAVAILABLE: Mapping[str, str] = {
    "NoNetworkAvailable": "Unable to create the network. No project network is available for allocation.",
}

_FORBIDDEN: Mapping[str, str] = {
    "PolicyNotAuthorized": "{0} is disallowed by policy",
    "NotAuthorized": "Not authorized.",
    "AdminRequired": "User does not have admin privileges: {0}.",
}

_MESSAGES: Mapping[str, tuple[Callable[[str], JumpgateError], str]] = {
    reason: (word, text)
    for word, table in (
        (NotFound, _NOT_FOUND),
        (Conflict, _CONFLICTS),
        (NoFreeAddress, _NO_FREE_ADDRESS),
        (BadRequest, _BAD),
        (Forbidden, _FORBIDDEN),
        (CloudUnreachable, _UNAVAILABLE),
    )
    for reason, text in table.items()
}


def fault(reason: str, *details: object) -> JumpgateError:
    """Return the error of Neutron's name `reason`; `details` fill its message in order."""
    word, text = _MESSAGES[reason]
    error = word(text.format(*details))
    error.reason = reason
    return error
