listen "office" {
  address = "tcp!*!445"
  policy  = "ofice"
}
listen "inside" {
  address = "tcp!*!446"
  policy  = "inside"
  encrypt = "off"
}
listen "blind" {
  address = "tcp!*!447"
  relay   = "nas"
  policy  = "inside"
}
backend "nas" {
  address = ["tcp!nas!445"]
}
users {
  file   = "no-such-users"
  groups = "bad-groups"
}
mount "projects" {
  backend = "nas"
}
policy "inside" {
  min_dialect = "3.2"
  sign        = "off"
  encrypt     = "required"
  users       = ["alice"]
  require {
    mounts    = ["project", "PROJECTS"]
    listeners = ["blind", "office"]
  }
  require {
    encrypt = "required"
  }
  allow {
    user         = ["alice"]
    users        = []
    mounts       = "projects"
    access       = "readonly"
    certificates = ["leaf:00", "issuer:", "CN=ca"]
    addresses    = ["192.0.2.1/24", "192.0.2.1", "::ffff:192.0.2.0/120", "fe80::1%eth0", "office"]
    listeners    = ["insde", "office"]
    transports   = ["tpc"]
    dialects     = ["3.1"]
  }
  deny {
    mounts     = ["ipc$", "all"]
    paths      = ["a/b", "", "a/..", "PROGRA~1", "a:b", 3]
    operations = ["snapshot", "fsctl:SET_SPARS", "fsctl:0x900c4", "fsctl:0", "fsctl:FSCTL_SET_SPARSE"]
  }
  refuse {
  }
}
policy "office" {
}
policy "office" {
  deny {
  }
}
policy {
}
