package main

import "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"

// resources: the Terraform type and the type token of the npm package @pulumi/openstack.
var resources = map[string]string{
	"openstack_blockstorage_volume_v3":             "blockstorage/volume:Volume",
	"openstack_compute_instance_v2":                "compute/instance:Instance",
	"openstack_compute_keypair_v2":                 "compute/keypair:Keypair",
	"openstack_compute_servergroup_v2":             "compute/serverGroup:ServerGroup",
	"openstack_compute_volume_attach_v2":           "compute/volumeAttach:VolumeAttach",
	"openstack_compute_interface_attach_v2":        "compute/interfaceAttach:InterfaceAttach",
	"openstack_images_image_v2":                    "images/image:Image",
	"openstack_networking_floatingip_v2":           "networking/floatingIp:FloatingIp",
	"openstack_networking_floatingip_associate_v2": "networking/floatingIpAssociate:FloatingIpAssociate",
	"openstack_networking_network_v2":              "networking/network:Network",
	"openstack_networking_port_v2":                 "networking/port:Port",
	"openstack_networking_router_v2":               "networking/router:Router",
	"openstack_networking_router_interface_v2":     "networking/routerInterface:RouterInterface",
	"openstack_networking_secgroup_v2":             "networking/secGroup:SecGroup",
	"openstack_networking_secgroup_rule_v2":        "networking/secGroupRule:SecGroupRule",
	"openstack_networking_subnet_v2":               "networking/subnet:Subnet",
	"openstack_objectstorage_container_v1":         "objectstorage/container:Container",
	"openstack_dns_recordset_v2":                   "dns/recordSet:RecordSet",
}

// functions: the Terraform data source and the function token of the npm package.
var functions = map[string]string{
	"openstack_blockstorage_volume_v3":   "blockstorage/getVolumeV3:getVolumeV3",
	"openstack_compute_flavor_v2":        "compute/getFlavor:getFlavor",
	"openstack_compute_limits_v2":        "compute/getLimitsV2:getLimitsV2",
	"openstack_images_image_v2":          "images/getImage:getImage",
	"openstack_networking_floatingip_v2": "networking/getFloatingIp:getFloatingIp",
	"openstack_networking_network_v2":    "networking/getNetwork:getNetwork",
	"openstack_networking_port_v2":       "networking/getPort:getPort",
	"openstack_networking_secgroup_v2":   "networking/getSecGroup:getSecGroup",
	"openstack_networking_subnet_v2":     "networking/getSubnet:getSubnet",
	"openstack_networking_subnet_ids_v2": "networking/getSubnetIdsV2:getSubnetIdsV2",
}

// fields that the npm package spells in its own way. Without these two the bridge gives both the name `allocationPools`, and
// a Subnet fails ("recovered raw state does not byte-for-byte match") after it was made.
var fields = map[string]map[string]*tfbridge.SchemaInfo{
	"openstack_networking_subnet_v2": {
		"allocation_pool":  {Name: "allocationPools"},
		"allocation_pools": {Name: "allocationPoolsCollection"},
	},
}
