"""Entry of the app: frame, research-use notice and navigation; each page gates itself."""

from dlcs_core.ui.shell import enter

enter().run()
