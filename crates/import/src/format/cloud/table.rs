//! Where each cloud has what.
//!
//! By their sources: aliyun/alibaba-cloud-sdk-go (services/ecs/struct_instance.go),
//! TencentCloud/tencentcloud-cli (cvm/v20170312), aws/aws-cli (examples/ec2/describe-instances.rst),
//! the API of Compute Engine, azure-cli (`vm list -d`), hetznercloud/cli, digitalocean/godo.

use serde_json::Value;

use super::json::at;
use super::{Cloud, Labels, Shape, after, before_last_dash, without_letter};
use crate::instance::AddressKind::{Dns, Elastic, Ipv6, Private, Public};

/// All clouds.
pub(super) static ALL: [&Cloud; 7] =
    [&ALIYUN, &TENCENT, &AWS, &GCLOUD, &AZURE, &HCLOUD, &DIGITALOCEAN];

/// The members in which lists of servers stand, and what tells whether there is more.
pub(super) const LISTS: [&str; 13] = [
    "Instances",
    "Instance",
    "Response",
    "InstanceSet",
    "Reservations",
    "items",
    "value",
    "server",
    "servers",
    "droplets",
    "droplet",
    "TotalCount",
    "NextToken",
];

/// Alibaba Cloud: `aliyun ecs DescribeInstances`
pub(in super::super) static ALIYUN: Cloud = Cloud {
    marks: &[
        &["Instances", "Instance"],
        &["InstanceId", "InstanceNetworkType"],
        &["InstanceId", "VpcAttributes"],
        &["InstanceId", "EipAddress"],
    ],
    members: &["InstanceName", "VpcAttributes", "EipAddress", "RegionId", "PublicIpAddress"],
    lists_in_array: false,
    shape: Shape {
        id: "InstanceId",
        name: &["InstanceName", "HostName"],
        addresses: &[
            (Elastic, "EipAddress.IpAddress"),
            (Public, "PublicIpAddress.IpAddress"),
            (Ipv6, "NetworkInterfaces.NetworkInterface.Ipv6Sets.Ipv6Set.Ipv6Address"),
            (Private, "VpcAttributes.PrivateIpAddress.IpAddress"),
            (Private, "InnerIpAddress.IpAddress"),
            (Private, "NetworkInterfaces.NetworkInterface.PrimaryIpAddress"),
        ],
        region: ("RegionId", super::whole),
        zone: "ZoneId",
        labels: &[Labels::Pairs("Tags.Tag", "TagKey", "TagValue")],
        usual_user: |server| Some(aliyun_user(server)),
        system: "OSType",
        ..Shape::NOWHERE
    },
};

/// `ecs-user` for an image that is not logged in to as root.
fn aliyun_user(server: &Value) -> &'static str {
    let by_name = at(server, "ImageOptions.LoginAsNonRoot").contains(&&Value::Bool(true));
    if by_name { "ecs-user" } else { "root" }
}

/// Tencent Cloud: `tccli cvm DescribeInstances`
pub(in super::super) static TENCENT: Cloud = Cloud {
    marks: &[&["InstanceSet"], &["InstanceId", "InstanceState"], &["InstanceId", "LoginSettings"]],
    members: &["InstanceName", "InstanceState", "PrivateIpAddresses", "Placement"],
    lists_in_array: false,
    shape: Shape {
        id: "InstanceId",
        name: &["InstanceName"],
        addresses: &[
            (Public, "PublicIpAddresses"),
            (Ipv6, "PublicIPv6Addresses"),
            (Private, "PrivateIpAddresses"),
        ],
        region: ("Placement.Zone", before_last_dash),
        zone: "Placement.Zone",
        labels: &[Labels::Pairs("Tags", "Key", "Value")],
        user: "DefaultLoginUser",
        port: "DefaultLoginPort",
        state: ("InstanceState", &["terminating", "launch_failed"]),
        system: "OsName",
        ..Shape::NOWHERE
    },
};

/// AWS: `aws ec2 describe-instances`
pub(in super::super) static AWS: Cloud = Cloud {
    marks: &[
        &["Reservations"],
        &["InstanceId", "PrivateDnsName"],
        &["InstanceId", "AmiLaunchIndex"],
    ],
    members: &["State", "PrivateIpAddress", "PublicIpAddress", "NetworkInterfaces", "Tags"],
    lists_in_array: false,
    shape: Shape {
        id: "InstanceId",
        name: &["Tags[Key=Name].Value"],
        addresses: &[
            (Elastic, "NetworkInterfaces.Association[IpOwnerId!=amazon].PublicIp"),
            (
                Elastic,
                "NetworkInterfaces.PrivateIpAddresses.Association[IpOwnerId!=amazon].PublicIp",
            ),
            (Public, "PublicIpAddress"),
            (Dns, "PublicDnsName"),
            (Ipv6, "Ipv6Address"),
            (Ipv6, "NetworkInterfaces.Ipv6Addresses.Ipv6Address"),
            (Private, "PrivateIpAddress"),
            (Private, "NetworkInterfaces.PrivateIpAddresses.PrivateIpAddress"),
        ],
        account: ("NetworkInterfaces.OwnerId", super::whole),
        region: ("Placement.AvailabilityZone", without_letter),
        zone: "Placement.AvailabilityZone",
        labels: &[Labels::Pairs("Tags", "Key", "Value")],
        state: ("State.Name", &["terminated", "shutting-down"]),
        system: "Platform",
        ..Shape::NOWHERE
    },
};

/// Google Cloud: `gcloud compute instances list --format=json`
pub(in super::super) static GCLOUD: Cloud = Cloud {
    marks: &[&["networkInterfaces", "networkIP"], &["networkInterfaces", "machineType"]],
    members: &["networkInterfaces"],
    lists_in_array: true,
    shape: Shape {
        addresses: &[
            (Public, "networkInterfaces.accessConfigs.natIP"),
            (Ipv6, "networkInterfaces.ipv6AccessConfigs.externalIpv6"),
            (Private, "networkInterfaces.networkIP"),
        ],
        account: ("zone", |zone| after(zone, "/projects/")),
        region: ("zone", before_last_dash),
        zone: "zone",
        labels: &[Labels::Map("labels"), Labels::Words("tags.items")],
        system: "disks.licenses",
        // As gcloud itself calls its host key.
        prefix: "compute.",
        ..Shape::NOWHERE
    },
};

/// Azure: `az vm list -d`
pub(in super::super) static AZURE: Cloud = Cloud {
    marks: &[&["vmId"]],
    members: &["name", "resourceGroup", "publicIps", "privateIps", "osProfile"],
    lists_in_array: true,
    shape: Shape {
        id: "vmId",
        addresses: &[(Public, "publicIps"), (Dns, "fqdns"), (Private, "privateIps")],
        account: ("id", |id| after(id, "/subscriptions/")),
        region: ("location", super::whole),
        zone: "zones",
        labels: &[Labels::Map("tags")],
        user: "osProfile.adminUsername",
        system: "storageProfile.osDisk.osType",
        ..Shape::NOWHERE
    },
};

/// Hetzner Cloud: `hcloud server list -o json`
pub(in super::super) static HCLOUD: Cloud = Cloud {
    marks: &[&["public_net"]],
    members: &["public_net"],
    lists_in_array: true,
    shape: Shape {
        addresses: &[
            (Public, "public_net.ipv4.ip"),
            (Ipv6, "public_net.ipv6.ip"),
            (Private, "private_net.ip"),
        ],
        region: ("location.name", super::whole),
        labels: &[Labels::Map("labels")],
        usual_user: |_| Some("root"),
        state: ("status", &["deleting"]),
        prefix: "hcloud.",
        ..Shape::NOWHERE
    },
};

/// DigitalOcean: `doctl compute droplet list -o json`
pub(in super::super) static DIGITALOCEAN: Cloud = Cloud {
    marks: &[&["networks", "v4"]],
    members: &["networks"],
    lists_in_array: true,
    shape: Shape {
        addresses: &[
            (Public, "networks.v4[type=public].ip_address"),
            (Ipv6, "networks.v6[type=public].ip_address"),
            (Private, "networks.v4[type=private].ip_address"),
        ],
        region: ("region.slug", super::whole),
        labels: &[Labels::Words("tags")],
        usual_user: |_| Some("root"),
        state: ("status", &["archive"]),
        prefix: "digitalocean.",
        ..Shape::NOWHERE
    },
};
