"""Google's services: Firestore, Firebase Authentication, and the credentials for them.

gRPC's core writes addresses and failures to stderr by itself; it reads this variable when it is first imported.
Source: gRPC, "gRPC environment variables".
"""

import os

os.environ.setdefault("GRPC_VERBOSITY", "NONE")
