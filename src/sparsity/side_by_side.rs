//! Layers side by side, each over a group of channels.

use tch::Tensor;

use super::{Bottleneck, Motifs, Wanted};

/// Cuts the channels into groups and gives each to a layer of its own, all at one density δ.
///
/// ```text
/// z = (z₁ | z₂ | …) along the channels;   m̂ = (layer₁(z₁) | layer₂(z₂) | …);   penalties are added
/// ```
///
/// For maps whose channels are of more than one sort: some kept sparse, others let through, say. A group may bring a
/// batch norm of its own ([`SparsityLayer`](super::SparsityLayer) is a bottleneck too).
///
/// ```
/// use sparling::sparsity::{Bottleneck, PassThrough, PerChannel, SideBySide};
/// use tch::{Device, Kind, Tensor, nn};
///
/// let vs = nn::VarStore::new(Device::Cpu);
/// let sparse = PerChannel::new(&(vs.root() / "sparse"), 6, 0.1).momentum(1.0);
/// let mut layer = SideBySide::new(vec![
///     (6, Box::new(sparse) as Box<dyn Bottleneck>),
///     (2, Box::new(PassThrough::new(0.1))),
/// ]);
/// let z = Tensor::randn([4, 8, 16, 16], (Kind::Float, Device::Cpu));
/// let map = layer.forward_t(&z, true).map;
/// assert_eq!(map.size(), [4, 8, 16, 16]);
/// assert_eq!(map.narrow(1, 6, 2), z.narrow(1, 6, 2));
/// ```
#[derive(Debug)]
pub struct SideBySide {
    groups: Vec<(i64, Box<dyn Bottleneck>)>,
}

impl SideBySide {
    /// Layers with the number of channels that each takes, in the order of the channels.
    ///
    /// # Panics
    /// When there is no group.
    #[must_use]
    pub fn new(groups: Vec<(i64, Box<dyn Bottleneck>)>) -> Self {
        assert!(!groups.is_empty(), "layers side by side are at least one");
        Self { groups }
    }

    /// Each group's layer with its channels of z.
    ///
    /// # Panics
    /// When z has another number of channels than the groups together.
    fn with_channels(&self, z: &Tensor) -> Vec<(&dyn Bottleneck, Tensor)> {
        let groups = self.groups.iter();
        groups.zip(self.cut(z)).map(|((_, layer), part)| (layer.as_ref(), part)).collect()
    }

    fn cut(&self, z: &Tensor) -> Vec<Tensor> {
        let channels: i64 = self.groups.iter().map(|(channels, _)| channels).sum();
        assert_eq!(z.size()[1], channels, "z must have as many channels as the groups together");
        let mut start = 0;
        let next = |(channels, _): &(i64, _)| {
            start += channels;
            z.narrow(1, start - channels, *channels)
        };
        self.groups.iter().map(next).collect()
    }
}

/// The shape of the channels of one group in a batch of shape `batch`.
fn with_so_many(batch: &[i64], channels: i64) -> Vec<i64> {
    let mut shape = batch.to_vec();
    shape[1] = channels;
    shape
}

impl Bottleneck for SideBySide {
    fn normalise(&self, z: &Tensor, train: bool) -> Tensor {
        let parts: Vec<Tensor> =
            self.with_channels(z).into_iter().map(|(layer, z)| layer.normalise(&z, train)).collect();
        Tensor::cat(&parts, 1)
    }

    fn states(&self) -> usize {
        self.groups.iter().map(|(_, layer)| layer.states()).sum()
    }

    fn wanted(&self, batch: &[i64]) -> Vec<Wanted> {
        let groups = self.groups.iter();
        groups.flat_map(|(channels, layer)| layer.wanted(&with_so_many(batch, *channels))).collect()
    }

    fn part(&self, z: &Tensor, wanted: &[Wanted]) -> Vec<Tensor> {
        let mut wanted = wanted.iter().copied();
        let of_group = |(layer, z): (&dyn Bottleneck, Tensor)| {
            let own: Vec<Wanted> = wanted.by_ref().take(layer.states()).collect();
            layer.part(&z, &own)
        };
        self.with_channels(z).into_iter().flat_map(of_group).collect()
    }

    fn observe(&mut self, parts: Vec<Vec<Tensor>>, batch: &[i64]) {
        let mut parts: Vec<_> = parts.into_iter().map(Vec::into_iter).collect();
        for (channels, layer) in &mut self.groups {
            let states = layer.states();
            let own = parts.iter_mut().map(|part| part.by_ref().take(states).collect()).collect();
            layer.observe(own, &with_so_many(batch, *channels));
        }
    }

    fn apply(&mut self, z: &Tensor, train: bool) -> Motifs {
        let parts = self.cut(z);
        let made: Vec<Motifs> =
            self.groups.iter_mut().zip(&parts).map(|((_, layer), z)| layer.apply(z, train)).collect();
        let penalty = made.iter().filter_map(|motifs| motifs.penalty.as_ref());
        Motifs {
            penalty: penalty.map(Tensor::shallow_clone).reduce(|sum, penalty| sum + penalty),
            map: Tensor::cat(&made.iter().map(|motifs| &motifs.map).collect::<Vec<_>>(), 1),
        }
    }

    fn density(&self) -> f64 {
        self.groups[0].1.density()
    }

    fn set_density(&mut self, density: f64) {
        for (_, layer) in &mut self.groups {
            layer.set_density(density);
        }
    }

    /// Those of the groups one behind the other.
    fn thresholds(&self) -> Option<Tensor> {
        let all: Vec<Tensor> = self.groups.iter().filter_map(|(_, layer)| layer.thresholds()).collect();
        (!all.is_empty()).then(|| Tensor::cat(&all, 0))
    }

    /// Names begin with the group's number.
    fn pending(&self) -> Vec<(String, Tensor)> {
        let groups = self.groups.iter().enumerate();
        let of_group = |(i, (_, layer)): (usize, &(i64, Box<dyn Bottleneck>))| {
            layer.pending().into_iter().map(move |(name, tensor)| (format!("{i}.{name}"), tensor))
        };
        groups.flat_map(of_group).collect()
    }

    fn restore_pending(&mut self, state: &[(String, Tensor)]) {
        for (i, (_, layer)) in self.groups.iter_mut().enumerate() {
            let prefix = format!("{i}.");
            let own = state.iter().filter_map(|(name, tensor)| {
                Some((name.strip_prefix(&prefix)?.to_owned(), tensor.shallow_clone()))
            });
            layer.restore_pending(&own.collect::<Vec<_>>());
        }
    }
}
