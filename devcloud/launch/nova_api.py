"""Nova's compute API alone (the packaged command also serves metadata): nova_api.py ARGUMENTS..."""
import sys

from nova.cmd.api_os_compute import main

sys.exit(main())
