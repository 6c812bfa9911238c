"""Oversampling of images by SMOTE between the codes of an autoencoder (DeepSMOTE).

    images of the training part -> autoencoder -> codes -> SMOTE within a class -> new images

For images of any channel count and size in [0, 1]. Every new image keeps its parents, its mixing
weight and the training image nearest to it.

References
----------
Dablain D, Krawczyk B, Chawla NV. DeepSMOTE: Fusing deep learning and SMOTE for imbalanced data.
IEEE Trans Neural Netw Learn Syst 2023;34:6390-6404.
"""
