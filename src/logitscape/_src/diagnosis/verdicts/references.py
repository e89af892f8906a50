"""The literature to which verdicts refer."""

AMID = "Amid, Warmuth, Anil, Koren, Robust bi-tempered logistic loss, NeurIPS 2019"
BARTLETT = (
    "Bartlett, Jordan, McAuliffe, Convexity, classification, and risk bounds, JASA 2006"
)
BISHOP = "Bishop, Pattern Recognition and Machine Learning, 2006, section 4.3"
BLANCHARD = (
    "Blanchard, Higham, Higham, Accurately computing the log-sum-exp, IMA J. 2021"
)
BLONDEL = "Blondel, Martins, Niculae, Learning with Fenchel-Young losses, JMLR 2020"
BOYD = "Boyd, Vandenberghe, Convex Optimization, 2004, chapter 3"
CAO = (
    "Cao, Wei, Gaidon, Arechiga, Ma, Label-distribution-aware margin loss, NeurIPS 2019"
)
CUI = "Cui, Jia, Lin, Song, Belongie, Class-balanced loss, CVPR 2019"
DENG = "Deng, Guo, Xue, Zafeiriou, ArcFace, CVPR 2019"
CHEN = "Chen, Kornblith, Norouzi, Hinton, A simple framework for contrastive learning, ICML 2020"
CAO_MIRJALILI = "Cao, Mirjalili, Raschka, Rank consistent ordinal regression, PRL 2020"
DIAZ = "Diaz, Marathe, Soft labels for ordinal regression, CVPR 2019"
GEMMA = "Gemma Team, Gemma 2, arXiv 2408.00118, section 2"
GHOSH = "Ghosh, Kumar, Sastry, Robust loss functions under label noise, AAAI 2017"
GNEITING = "Gneiting, Raftery, Strictly proper scoring rules, JASA 2007"
HIGHAM = "Higham, Accuracy and Stability of Numerical Algorithms, SIAM 2002"
HINTON = "Hinton, Vinyals, Dean, Distilling the knowledge in a neural network, arXiv 1503.02531"
IOFFE = "Ioffe, Szegedy, Batch normalization, ICML 2015"
JAX_BROADCASTING = "JAX, jax_numpy_rank_promotion, and NumPy, Broadcasting"
JAX_DERIVATIVES = "JAX, Custom derivative rules for JAX-transformable functions"
JAX_NAN = "JAX, Frequently asked questions: gradients contain NaN where using where"
JAX_PRECISION = "JAX, Common gotchas: double precision, and NaNs"
LIN = (
    "Lin, Goyal, Girshick, He, Dollar, Focal loss for dense object detection, ICCV 2017"
)
MARTINS = "Martins, Astudillo, From softmax to sparsemax, ICML 2016"
MENON = "Menon et al., Long-tail learning via logit adjustment, ICLR 2021"
MICIKEVICIUS = "Micikevicius et al., Mixed precision training, ICLR 2018"
MILLETARI = "Milletari, Navab, Ahmadi, V-Net, 3DV 2016"
NESTEROV = "Nesterov, Lectures on Convex Optimization, 2018, chapter 2"
OPTAX = "optax, losses: softmax_cross_entropy takes logits and one-hot or soft targets"
PASCANU = "Pascanu, Mikolov, Bengio, Training recurrent neural networks, ICML 2013"
PATRINI = (
    "Patrini et al., Making deep neural networks robust to label noise: a loss correction "
    "approach, CVPR 2017"
)
PRIETO = "Prieto, Barsbey, Mediano, Birdal, Grokking at the edge of numerical stability, ICLR 2025"
REID = "Reid, Williamson, Composite binary losses, JMLR 2010"
SZEGEDY = "Szegedy et al., Rethinking the Inception architecture, CVPR 2016"
TEWARI = "Tewari, Bartlett, On the consistency of multiclass classification methods, JMLR 2007"
VAN_ERVEN = "Van Erven, Reid, Williamson, Mixability is Bayes risk curvature, JMLR 2012"
VASWANI = "Vaswani et al., Attention is all you need, NeurIPS 2017, section 3.2.3"
WANG = "Wang, Xiang, Cheng, Yuille, NormFace, ACM Multimedia 2017"
WEI = "Wei et al., Mitigating neural network overconfidence with LogitNorm, ICML 2022"
ZHANG = "Zhang, Sabuncu, Generalized cross entropy loss, NeurIPS 2018"
ZHANG_ZHOU = "Zhang, Zhou, A review on multi-label learning algorithms, IEEE TKDE 2014"
