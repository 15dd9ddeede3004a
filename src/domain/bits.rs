//! From packed bits to the values of an input.

/// The eight pixels of every byte, lowest bit first: a copy of 32 bytes instead of eight shifts.
static BYTE_PIXELS: [[f32; 8]; 256] = {
    let mut table = [[0.0; 8]; 256];
    let mut index = 0;
    while index < 256 * 8 {
        if (index / 8) >> (index % 8) & 1 == 1 {
            table[index / 8][index % 8] = 1.0;
        }
        index += 1;
    }
    table
};

/// Writes bit `i` of `bits` (lowest bit of the first word first) to `values[i]` as 0 or 1.
pub(super) fn unpack(bits: &[u64], values: &mut [f32]) {
    for (values, byte) in values.chunks_mut(8).zip(bits.iter().flat_map(|word| word.to_le_bytes())) {
        values.copy_from_slice(&BYTE_PIXELS[usize::from(byte)][..values.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_becomes_its_value_and_the_rest_is_left() {
        let bits = [0x9E37_79B9_7F4A_7C15, 0x0123_4567_89AB_CDEF];
        for length in [1, 7, 8, 63, 64, 65, 100, 128] {
            let mut values = vec![7.0; length];
            unpack(&bits, &mut values);
            for (i, value) in values.into_iter().enumerate() {
                assert_eq!(value, (bits[i / 64] >> (i % 64) & 1) as f32, "{i} of {length}");
            }
        }
    }
}
