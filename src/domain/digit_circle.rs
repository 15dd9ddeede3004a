//! DigitCircle (paper section 5).
