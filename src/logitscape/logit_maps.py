"""Maps of the logits z of one example, [n], in front of a normalizer or a loss of logits.

In a spec they stand on the left: `"soft_cap(cap=30) > softmax + cross_entropy"`, and several in a
row, `"logit_norm > soft_cap > softmax"`, are applied from left to right.

Every map raises TypeError if the logits are not floating point, and ValueError if they are not a
vector of at least one entry. A class whose logit is -inf is masked, and stays so. Half precision is
computed in float32 and rounded once.
"""

from ._src.normalizers.logit_maps import log_size as log_size
from ._src.normalizers.logit_maps import multimax as multimax
from ._src.normalizers.logit_maps import scale as scale
from ._src.normalizers.logit_maps import soft_cap as soft_cap
from ._src.normalizers.norm_maps import clip_norm as clip_norm
from ._src.normalizers.norm_maps import logit_norm as logit_norm
