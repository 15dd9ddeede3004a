//! WAV headers as they are met, brought to the plain form that every decoder reads.
//!
//! Decoders differ in what they refuse: chunks of odd length, format chunks with something behind them, lengths that a
//! stream could not know (0 or 2³² − 1). Samples are left to them.

use super::Flaw;

/// `WAVE_FORMAT_EXTENSIBLE`: the true format stands in the first two bytes of its sub-format.
const EXTENSIBLE: u16 = 0xFFFE;

/// The same sound behind a header of a format chunk of 16 bytes and the data's true length; other files as they are.
///
/// # Errors
/// When the header is damaged, or promises more samples than there are.
pub(super) fn plain(bytes: Vec<u8>) -> Result<Vec<u8>, Flaw> {
    if bytes.starts_with(b"RIFX") {
        return Err(Flaw::BigEndian);
    }
    if !(bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WAVE")) {
        return Ok(bytes);
    }
    let (mut format, mut at) = (None, 12);
    while let (Some(name), Some(length)) = (bytes.get(at..at + 4), u32_at(&bytes, at + 4)) {
        let rest = &bytes[at + 8..];
        let promised = length as usize;
        match name {
            b"fmt " => format = Some(rest.get(..promised.min(rest.len())).ok_or(Flaw::Header)?),
            b"data" => {
                // A program that wrote to a pipe could not know the length.
                let streamed = length == 0 || length == u32::MAX;
                let data = if streamed { rest } else { rest.get(..promised).ok_or(Flaw::Truncated)? };
                return canonical(format.ok_or(Flaw::Header)?, data);
            }
            _ => {}
        }
        // Chunks begin at even places.
        at = (at + 8).saturating_add(promised).saturating_add(promised % 2);
    }
    Err(if format.is_some() { Flaw::Truncated } else { Flaw::Header })
}

fn canonical(format: &[u8], data: &[u8]) -> Result<Vec<u8>, Flaw> {
    let mut head: [u8; 16] = format.get(..16).and_then(|head| head.try_into().ok()).ok_or(Flaw::Header)?;
    if u16::from_le_bytes([head[0], head[1]]) == EXTENSIBLE {
        // Samples are left-aligned in their containers, so that the valid bits need not be known.
        head[..2].copy_from_slice(format.get(24..26).ok_or(Flaw::Header)?);
    }
    let length = u32::try_from(data.len()).map_err(|_| Flaw::Length)?;
    // Whatever is not PCM says how much follows its 16 bytes: nothing.
    let more: &[u8] = if head[..2] == [1, 0] { &[] } else { &[0, 0] };
    let about = 16 + more.len() as u32;
    let mut bytes = Vec::with_capacity(44 + data.len());
    bytes.extend_from_slice(b"RIFF");
    bytes.extend_from_slice(&(20 + about + length + length % 2).to_le_bytes());
    bytes.extend_from_slice(b"WAVEfmt ");
    bytes.extend_from_slice(&about.to_le_bytes());
    bytes.extend_from_slice(&head);
    bytes.extend_from_slice(more);
    bytes.extend_from_slice(b"data");
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(data);
    Ok(bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}
