//! WAV headers as they are met, brought to the plain form that every decoder reads.
//!
//! Decoders differ in what they refuse: chunks of odd length, format chunks with something behind them, lengths that a
//! stream could not know (0 or 2³² − 1). Samples are left to them.

use super::Flaw;

/// `WAVE_FORMAT_EXTENSIBLE`: the true format stands in the first two bytes of its sub-format.
const EXTENSIBLE: u16 = 0xFFFE;

/// `WAVE_FORMAT_PCM`, `_IEEE_FLOAT`, `_ALAW` and `_MULAW`.
const PCM: u16 = 1;
const FLOAT: u16 = 3;
const A_LAW: u16 = 6;
const MU_LAW: u16 = 7;

/// The same sound behind a header of a format chunk of 16 bytes and the data's true length; other files as they are.
///
/// # Errors
/// When the header is damaged, or promises more samples than there are.
pub(super) fn plain(bytes: Vec<u8>) -> Result<Vec<u8>, Flaw> {
    if bytes.starts_with(b"RIFX") {
        return Err(Flaw::BigEndian);
    }
    let is_long = bytes.starts_with(b"RF64") || bytes.starts_with(b"BW64");
    if !((is_long || bytes.starts_with(b"RIFF")) && bytes.get(8..12) == Some(b"WAVE")) {
        return Ok(bytes);
    }
    let (mut format, mut long, mut at) = (None, None, 12);
    while let (Some(name), Some(length)) = (bytes.get(at..at + 4), u32_at(&bytes, at + 4)) {
        let rest = &bytes[at + 8..];
        let promised = length as usize;
        match name {
            // The lengths that 32 bits do not hold: that of all, then that of the data.
            b"ds64" if is_long => long = u64_at(rest, 8).and_then(|length| usize::try_from(length).ok()),
            b"fmt " => format = Some(rest.get(..promised.min(rest.len())).ok_or(Flaw::Header)?),
            b"data" => {
                // A program that wrote to a pipe could not know the length.
                let streamed = length == 0 || length == u32::MAX;
                let promised = match long.filter(|_| length == u32::MAX) {
                    Some(long) => long,
                    None if streamed => rest.len() - behind(rest),
                    None => promised,
                };
                let data = rest.get(..promised).ok_or(Flaw::Truncated)?;
                return canonical(format.ok_or(Flaw::Header)?, data);
            }
            _ => {}
        }
        // Chunks begin at even places.
        at = (at + 8).saturating_add(promised).saturating_add(promised % 2);
    }
    Err(if format.is_some() { Flaw::Truncated } else { Flaw::Header })
}

/// Chunks that programs write behind the samples.
const BEHIND: [&[u8; 4]; 8] = [b"LIST", b"id3 ", b"ID3 ", b"bext", b"cue ", b"smpl", b"_PMX", b"iXML"];

/// How many bytes at the end of `rest` are whole chunks behind samples whose number is not known.
fn behind(rest: &[u8]) -> usize {
    let mut end = rest.len();
    loop {
        let begins = |at: &usize| {
            let long = u32_at(rest, at + 4).unwrap_or(0) as usize;
            let stop = at.saturating_add(8).saturating_add(long);
            BEHIND.iter().any(|name| rest[*at..].starts_with(&name[..]))
                && (stop == end || stop + stop % 2 == end)
        };
        match (0..end.saturating_sub(7)).step_by(2).find(begins) {
            Some(at) => end = at,
            None => return rest.len() - end,
        }
    }
}

fn canonical(format: &[u8], data: &[u8]) -> Result<Vec<u8>, Flaw> {
    let mut head: [u8; 16] = format.get(..16).and_then(|head| head.try_into().ok()).ok_or(Flaw::Header)?;
    if u16::from_le_bytes([head[0], head[1]]) == EXTENSIBLE {
        // Samples are left-aligned in their containers, so that the valid bits need not be known.
        head[..2].copy_from_slice(format.get(24..26).ok_or(Flaw::Header)?);
    }
    fit(&mut head)?;
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

/// Makes sure that the format is one that is read, and that its frames are as long as it makes them.
fn fit(head: &mut [u8; 16]) -> Result<(), Flaw> {
    let field = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
    let (tag, channels, align, bits) = (field(0), field(2), field(12), field(14));
    // Samples lie at the upper end of their bytes (12 bits in two, say), so that they may be read as whole bytes.
    let container = match (tag, bits) {
        (PCM, 1..=32) => bits.next_multiple_of(8),
        (FLOAT, 32 | 64) | (A_LAW | MU_LAW, 8) => bits,
        _ => return Err(Flaw::Coding(tag, bits)),
    };
    let rate = u32_at(&head[..], 4).unwrap_or(0);
    if channels == 0 || rate == 0 {
        return Err(Flaw::Header);
    }
    if u32::from(align) != u32::from(channels) * u32::from(container / 8) {
        return Err(Flaw::Frames);
    }
    head[14..].copy_from_slice(&container.to_le_bytes());
    Ok(())
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}
