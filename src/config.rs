//! What was asked for. placeholder
