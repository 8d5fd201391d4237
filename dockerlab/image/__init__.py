"""What is in an image: its layers and files, what it wastes, how large it is, whether it holds a secret."""

from dockerlab.image.image import Image
from dockerlab.image.images import Images
from dockerlab.image.layer import MB, Entry, Layer
from dockerlab.image.reader import ImageReader

__all__ = ["MB", "Entry", "Image", "ImageReader", "Images", "Layer"]
