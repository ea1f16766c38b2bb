/** Pulumi's type tokens of what is made in a cloud. Read without loading Pulumi. */
export const types = {
  server: "openstack:compute/instance:Instance",
  volume: "openstack:blockstorage/volume:Volume",
  attachment: "openstack:compute/volumeAttach:VolumeAttach",
  port: "openstack:networking/port:Port",
  securityGroup: "openstack:networking/secGroup:SecGroup",
  rule: "openstack:networking/secGroupRule:SecGroupRule",
  floatingIp: "openstack:networking/floatingIp:FloatingIp",
} as const;
