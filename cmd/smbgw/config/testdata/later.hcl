# Words of terminate mode are refused as such, not as unknown.
listen "office" {
  address = "tcp!*!445"
  policy  = "remote"
}
backend "nas" {
  address     = ["tcp!nas!445"]
  connections = "shared"
}
users {
  file = "/etc/smbgw/users"
}
mount "projects" {
  backend = "nas"
}
policy "remote" {
  encrypt = "required"
}
