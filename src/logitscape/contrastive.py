"""Contrastive losses: an example is a row of similarities among the batch.

The row of an anchor holds its similarities to n candidates, which are other members of the batch:
cosines of embeddings, or any products. The target marks the positives among them. The batch enters
by the candidates alone: given its row, the loss of an anchor depends on nothing else. A similarity
of -inf leaves a candidate out, such as the anchor itself.

**Losses of one row**, `(similarities [n], target [n]) -> scalar`, are objectives like all others:
`ls.objective("info_nce(temperature=0.07)")`. So the ray "R1", on which a rival's logit rises, says
what happens as a negative becomes more similar, and "R2", on which the label's falls, as the
positive becomes less so: `ls.gradient_law("siglip", "R1")`. `info_nce`, `decoupled` and `triplet`
have one positive, and take labels wherever losses of one label do; `supervised_contrastive`,
`mil_nce` and `siglip` may have several.

**Losses of a batch** take all similarities, [m, n]: `rows` makes one of any loss of a row, and
`both_directions` asks the columns too, as `clip` does. `nt_xent` and `supervised` take embeddings.
They return a loss for each anchor; the mean is the loss of the batch.
"""

from ._src.losses.rows import decoupled as decoupled
from ._src.losses.rows import info_nce as info_nce
from ._src.losses.rows import mil_nce as mil_nce
from ._src.losses.rows import siglip as siglip
from ._src.losses.rows import supervised_contrastive as supervised_contrastive
from ._src.losses.rows import triplet as triplet
from ._src.objectives.contrastive_batches import both_directions as both_directions
from ._src.objectives.contrastive_batches import clip as clip
from ._src.objectives.contrastive_batches import rows as rows
from ._src.objectives.contrastive_batches import siglip_batch as siglip_batch
from ._src.objectives.contrastive_embeddings import cosines as cosines
from ._src.objectives.contrastive_embeddings import nt_xent as nt_xent
from ._src.objectives.contrastive_embeddings import supervised as supervised
