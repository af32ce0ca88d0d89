//! What a cloud says of a server beside what a session has.

/// A server of a cloud.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instance {
    /// A name for its host key in known_hosts that no other server gets, not even one that gets its
    /// address later; `None` where the id holds what such a name cannot.
    pub host_key_alias: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The zone.
    pub zone: Option<String>,
    /// The account and region: a list of one says nothing of the servers of another.
    pub scope: Option<String>,
    /// Its addresses, those that reach it from outside first.
    pub addresses: Vec<Address>,
    /// Its tags or labels; an empty value for one that has none.
    pub labels: Vec<(String, String)>,
    /// The login name of the cloud's images, where the cloud says none for this server.
    pub usual_user: Option<String>,
}

/// A way to a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// What it is for.
    pub kind: AddressKind,
    /// An IP address in its usual form, or a name.
    pub value: String,
}

/// What an address is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressKind {
    /// IPv4 from outside, and it stays with the account (EIP).
    Elastic,
    /// IPv4 from outside.
    Public,
    /// A name that DNS has, from outside.
    Dns,
    /// IPv6 from outside.
    Ipv6,
    /// Only from within the cloud's network.
    Private,
}
