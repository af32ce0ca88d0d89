//! The server's side of SOCKS 4, 4a and 5: where does this connection want to go?

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// No name is longer, in DNS or in SOCKS 5.
const MAX_NAME: usize = 255;

/// What was asked for, and how it is answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SocksRequest {
    /// The name or address as the client sent it; the server resolves it.
    pub(super) host: String,
    /// The port.
    pub(super) port: u16,
    version: u8,
}

/// Reads a request, up to where the client waits for the answer.
pub(super) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
) -> io::Result<SocksRequest> {
    match stream.read_u8().await? {
        4 => four(stream).await,
        5 => five(stream).await,
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "not SOCKS")),
    }
}

/// Answers: connected, or not.
pub(super) async fn reply<S: AsyncWrite + Unpin>(
    stream: &mut S,
    request: &SocksRequest,
    connected: bool,
) -> io::Result<()> {
    let answer: &[u8] = match (request.version, connected) {
        (4, true) => &[0, 90, 0, 0, 0, 0, 0, 0],
        (4, false) => &[0, 91, 0, 0, 0, 0, 0, 0],
        (_, true) => &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0],
        (_, false) => &[5, 5, 0, 1, 0, 0, 0, 0, 0, 0],
    };
    stream.write_all(answer).await?;
    stream.flush().await
}

async fn four<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<SocksRequest> {
    let command = stream.read_u8().await?;
    let port = stream.read_u16().await?;
    let address = stream.read_u32().await?;
    until_zero(stream).await?;
    // 4a: an address that cannot be, and then a name.
    let host = if (1..=255).contains(&address) {
        until_zero(stream).await?
    } else {
        Ipv4Addr::from(address).to_string()
    };
    if command != 1 {
        stream.write_all(&[0, 91, 0, 0, 0, 0, 0, 0]).await?;
        return Err(unsupported());
    }
    Ok(SocksRequest { host, port, version: 4 })
}

async fn five<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<SocksRequest> {
    let count = stream.read_u8().await?;
    let mut methods = vec![0; usize::from(count)];
    stream.read_exact(&mut methods).await?;
    if !methods.contains(&0) {
        stream.write_all(&[5, 0xff]).await?;
        return Err(unsupported());
    }
    stream.write_all(&[5, 0]).await?;
    stream.flush().await?;
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    let host = match head[3] {
        1 => Ipv4Addr::from(stream.read_u32().await?).to_string(),
        4 => Ipv6Addr::from(stream.read_u128().await?).to_string(),
        3 => {
            let length = stream.read_u8().await?;
            let mut name = vec![0; usize::from(length)];
            stream.read_exact(&mut name).await?;
            text(name)?
        }
        _ => return Err(unsupported()),
    };
    let port = stream.read_u16().await?;
    if head[0] != 5 || head[1] != 1 {
        stream.write_all(&[5, 7, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
        return Err(unsupported());
    }
    Ok(SocksRequest { host, port, version: 5 })
}

async fn until_zero<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<String> {
    let mut bytes = Vec::new();
    loop {
        match stream.read_u8().await? {
            0 => return text(bytes),
            byte if bytes.len() < MAX_NAME => bytes.push(byte),
            _ => return Err(unsupported()),
        }
    }
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|_| unsupported())
}

fn unsupported() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not a SOCKS request that is supported")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(request: &[u8]) -> io::Result<SocksRequest> {
        let (mut client, mut server) = tokio::io::duplex(1024);
        client.write_all(request).await.expect("sent");
        drop(client);
        accept(&mut server).await
    }

    #[tokio::test(flavor = "current_thread")]
    async fn every_version_says_where_it_wants_to_go() {
        let table: &[(&[u8], &str, u16)] = &[
            (b"\x04\x01\x00\x50\x7f\x00\x00\x01me\x00", "127.0.0.1", 80),
            (b"\x04\x01\x00\x50\x00\x00\x00\x01me\x00example\x00", "example", 80),
        ];
        for (bytes, host, port) in table {
            let request = ask(bytes).await.expect("a request");
            assert_eq!((request.host.as_str(), request.port), (*host, *port));
        }
        for bad in [&b"GET / HTTP/1.1"[..], b"\x05", b"\x04\x02\x00\x50\x7f\x00\x00\x01\x00", b""] {
            assert!(ask(bad).await.is_err(), "{bad:?}");
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn version_five_takes_names_and_addresses() {
        let (mut client, mut server) = tokio::io::duplex(1024);
        let all = b"\x05\x01\x00\x05\x01\x00\x03\x07example\x01\xbb";
        client.write_all(all).await.expect("sent");
        let request = accept(&mut server).await.expect("a request");
        assert_eq!((request.host.as_str(), request.port), ("example", 443));
        reply(&mut server, &request, true).await.expect("answered");
        let mut answers = [0; 12];
        client.read_exact(&mut answers).await.expect("answers");
        assert_eq!(&answers[..4], &[5, 0, 5, 0]);
    }
}
