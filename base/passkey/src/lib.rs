pub struct Passkeys;
