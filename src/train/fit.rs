//! Whether a checkpoint's tensors are such as a network, its optimiser and its sparsity layer take.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use tch::{Kind, Tensor};

/// Checks that a checkpoint has the names that are wanted of it, and no others.
///
/// # Errors
/// When it has not; the message names up to five of either kind.
pub(super) fn same_names<'a>(
    found: impl IntoIterator<Item = &'a String>,
    wanted: impl IntoIterator<Item = &'a String>,
) -> Result<()> {
    let (found, wanted): (BTreeSet<_>, BTreeSet<_>) =
        (found.into_iter().collect(), wanted.into_iter().collect());
    let list = |a: &BTreeSet<&String>, b: &BTreeSet<&String>| {
        let mut names: Vec<&str> = a.difference(b).map(|name| name.as_str()).collect();
        if names.len() > 5 {
            names.truncate(5);
            names.push("…");
        }
        names.join(", ")
    };
    ensure!(
        found == wanted,
        "the checkpoint does not fit the network: missing [{}], unknown [{}]. Another program or another version \
         of this one made it; go on with that one, or train anew in another folder",
        list(&wanted, &found),
        list(&found, &wanted)
    );
    Ok(())
}

/// Checks kind and size of a tensor of a checkpoint, and that its values are numbers.
///
/// # Errors
/// When they are not those of `own`, which is there now; the message has both.
pub(super) fn fits(name: &str, found: &Tensor, own: &Tensor) -> Result<()> {
    fits_but_last(name, found, own)?;
    ensure!(found.size() == own.size(), "{}", differs(name, found, own));
    Ok(())
}

/// As [`fits`], of a tensor whose last dimension may have any length.
pub(super) fn fits_but_last(name: &str, found: &Tensor, own: &Tensor) -> Result<()> {
    let rows = |tensor: &Tensor| tensor.size().split_last().map(|(_, rows)| rows.to_vec());
    ensure!(found.kind() == own.kind() && rows(found) == rows(own), "{}", differs(name, found, own));
    ensure!(
        found.kind() != Kind::Float || found.isfinite().all().int64_value(&[]) == 1,
        "{name} has values in the checkpoint that are infinite or no numbers; it is of no use, delete it so that \
         the one before is taken"
    );
    Ok(())
}

fn differs(name: &str, found: &Tensor, own: &Tensor) -> String {
    format!(
        "{name} is {:?} {:?} in the checkpoint and {:?} {:?} in the network",
        found.kind(),
        found.size(),
        own.kind(),
        own.size()
    )
}
